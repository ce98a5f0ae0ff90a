/// Measurements: our own work, and later the same work on the peers, side by side.
@NullMarked
package dev.caviar.bench;

import org.jspecify.annotations.NullMarked;
