/// Data sets from names, files and folders, normalisation, and mini-batches.
@NullMarked
package dev.caviar.nn.data;

import org.jspecify.annotations.NullMarked;
