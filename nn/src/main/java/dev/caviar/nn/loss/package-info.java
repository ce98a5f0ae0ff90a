/// What training makes small.
@NullMarked
package dev.caviar.nn.loss;

import org.jspecify.annotations.NullMarked;
