/// Functions of tensors as data: traced into graphs, folded into other graphs, printed as text.
@NullMarked
package dev.caviar.engine.graph;

import org.jspecify.annotations.NullMarked;
