/// JSON text exactly as Python's json module writes it.
@NullMarked
package dev.caviar.tune.json;

import org.jspecify.annotations.NullMarked;
