package dev.caviar.bench;

import dev.caviar.app.CommandProvider;
import java.util.List;

/// Adds `caviar bench` to a clone's commands; it is not part of what is published.
public final class BenchCommands implements CommandProvider {
    @Override
    public List<Object> commands() {
        return List.of(new Bench());
    }
}
