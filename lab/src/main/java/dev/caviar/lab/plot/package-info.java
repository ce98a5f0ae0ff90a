/// What a search found, as pictures: each parameter's impact, learning curves, the whole search on one page.
@NullMarked
package dev.caviar.lab.plot;

import org.jspecify.annotations.NullMarked;
