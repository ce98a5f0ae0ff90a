/// Layers: what they compute, and the parameters and state that they ask for.
@NullMarked
package dev.caviar.nn.layer;

import org.jspecify.annotations.NullMarked;
