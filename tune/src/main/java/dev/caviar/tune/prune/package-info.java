/// Who decides which trial is hopeless.
@NullMarked
package dev.caviar.tune.prune;

import org.jspecify.annotations.NullMarked;
