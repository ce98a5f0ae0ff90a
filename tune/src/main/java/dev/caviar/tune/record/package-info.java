/// What was tried: trials and their history, as immutable values.
@NullMarked
package dev.caviar.tune.record;

import org.jspecify.annotations.NullMarked;
