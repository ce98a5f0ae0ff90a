/// Who decides what is tried next.
@NullMarked
package dev.caviar.tune.sample;

import org.jspecify.annotations.NullMarked;
