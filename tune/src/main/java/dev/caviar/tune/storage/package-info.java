/// Where studies are kept, in Optuna's own format.
@NullMarked
package dev.caviar.tune.storage;

import org.jspecify.annotations.NullMarked;
