/// What a tensor is made of: element types, shapes, and native buffers from a recycling pool.
@NullMarked
package dev.caviar.engine.memory;

import org.jspecify.annotations.NullMarked;
