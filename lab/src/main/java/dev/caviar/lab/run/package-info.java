/// Searches over models: what a setting builds, how it is trained and judged, and what comes of it.
@NullMarked
package dev.caviar.lab.run;

import org.jspecify.annotations.NullMarked;
