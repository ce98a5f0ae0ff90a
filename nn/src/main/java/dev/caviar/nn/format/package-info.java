/// File formats of arrays and tables: NumPy, safetensors, IDX and CSV, read with bounds checked before memory is asked for.
@NullMarked
package dev.caviar.nn.format;

import org.jspecify.annotations.NullMarked;
