/// Tensors and the operations on them: each op is a value that carries all its rules, and its meaning is the current
/// interpreter's.
@NullMarked
package dev.caviar.engine.tensor;

import org.jspecify.annotations.NullMarked;
