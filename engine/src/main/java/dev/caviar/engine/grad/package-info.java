/// Reverse-mode differentiation as an interpreter.
@NullMarked
package dev.caviar.engine.grad;

import org.jspecify.annotations.NullMarked;
