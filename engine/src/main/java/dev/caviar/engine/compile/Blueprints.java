package dev.caviar.engine.compile;

import dev.caviar.engine.graph.Graph;
import dev.caviar.engine.tensor.Call;
import dev.caviar.engine.tensor.CustomOp;
import dev.caviar.engine.tensor.Loop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// The blueprints that were used last, by what decides them: the structure of the graph and the options. The trials of a search that
/// share a structure are compiled once.
final class Blueprints {
    private static final int CAPACITY = 64;

    /// Ops and bodies from outside count as themselves: their text need not tell all about them.
    private record Key(String fingerprint, List<String> parts, List<Object> foreign, Options options) {
        static Key of(Graph graph, Options options) {
            var foreign = new ArrayList<Object>();
            for (var node : graph.nodes()) {
                if (node.op() instanceof CustomOp || node.op() instanceof Call || node.op() instanceof Loop) {
                    foreign.add(node.op());
                }
            }
            // Parts are only names, but plans and errors print them.
            var parts = graph.nodes().stream().map(node -> node.origin().part()).toList();
            return new Key(graph.fingerprint(), parts, foreign, options);
        }
    }

    private final Map<Key, FutureTask<Blueprint>> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, FutureTask<Blueprint>> eldest) {
            return size() > CAPACITY;
        }
    };

    /// Of two threads that ask for the same one at once, the second waits for the first; others do not wait.
    Blueprint of(Graph graph, Options options) {
        var key = Key.of(graph, options);
        FutureTask<Blueprint> task;
        synchronized (known) {
            task = known.computeIfAbsent(key, _ -> new FutureTask<>(() -> Compiler.blueprint(graph, options)));
        }
        task.run();
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Compiler.blueprint(graph, options);
        } catch (ExecutionException e) {
            forget(key, task);
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e.getCause());
        }
    }

    private void forget(Key key, FutureTask<Blueprint> task) {
        synchronized (known) {
            known.remove(key, task);
        }
    }
}
