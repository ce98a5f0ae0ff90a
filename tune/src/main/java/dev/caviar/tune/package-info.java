/// Studies: ask for a setting, try it, tell how good it was.
@NullMarked
package dev.caviar.tune;

import org.jspecify.annotations.NullMarked;
