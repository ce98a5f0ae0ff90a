/// Which parameters matter, measured on finished trials.
@NullMarked
package dev.caviar.tune.importance;

import org.jspecify.annotations.NullMarked;
