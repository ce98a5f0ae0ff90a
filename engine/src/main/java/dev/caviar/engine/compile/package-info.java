/// From a graph to a program that runs on planned memory, and the façades over it: compiled functions and sessions.
@NullMarked
package dev.caviar.engine.compile;

import org.jspecify.annotations.NullMarked;
