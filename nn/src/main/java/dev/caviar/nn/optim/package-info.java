/// How gradients change parameters, and how the learning rate changes over time.
@NullMarked
package dev.caviar.nn.optim;

import org.jspecify.annotations.NullMarked;
