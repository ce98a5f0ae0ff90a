/// What may be tried: distributions, scales, conditions, presets.
@NullMarked
package dev.caviar.tune.space;

import org.jspecify.annotations.NullMarked;
