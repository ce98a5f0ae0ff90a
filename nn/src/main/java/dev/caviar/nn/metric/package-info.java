/// What is measured beside the loss.
@NullMarked
package dev.caviar.nn.metric;

import org.jspecify.annotations.NullMarked;
