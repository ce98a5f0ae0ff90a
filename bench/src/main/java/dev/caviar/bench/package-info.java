/// Measurements: our own work, and the same work on the peers, side by side.
///
/// Peers are programs of their own, in resources, that a [dev.caviar.bench.PeerRun] gives arrays and a request to; what they need is
/// installed into the cache when they are first asked for.
@NullMarked
package dev.caviar.bench;

import org.jspecify.annotations.NullMarked;
