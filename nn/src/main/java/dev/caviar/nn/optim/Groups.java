package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Parameters that go by other numbers than the rest: each goes by the first group whose regular expression matches its
/// whole path, else by `rest`.
///
/// All groups are one method with other numbers: they must keep the same slots. A new learning rate, by [#withRate], is for
/// `rest`, and scales nothing else.
///
/// ```java
/// Optimizer fineTune = Groups.of(Adam.of(1e-4)).with("head/.*", Adam.of(1e-2)).with("(.*/)?bias", Adam.of(1e-3));
/// ```
public record Groups(Optimizer rest, List<Group> groups) implements Optimizer {
    /// The parameters that a regular expression matches, and how they go.
    ///
    /// ```java
    /// var slow = new Groups.Group("embedding/.*", Sgd.of(1e-4));
    /// ```
    public record Group(String path, Optimizer optimizer) {}

    public Groups {
        groups = List.copyOf(groups);
        for (var group : groups) {
            if (!List.copyOf(group.optimizer.slots()).equals(List.copyOf(rest.slots()))) {
                throw new IllegalArgumentException("Groups: \"" + group.path + "\" keeps " + group.optimizer.slots() + ", but the rest "
                        + rest.slots() + ".\nMaybe use the same method with other numbers.");
            }
        }
    }

    public static Groups of(Optimizer rest) {
        return new Groups(rest, List.of());
    }

    /// With one more group, behind those before.
    public Groups with(String path, Optimizer optimizer) {
        var more = new ArrayList<>(groups);
        more.add(new Group(path, optimizer));
        return new Groups(rest, more);
    }

    private Optimizer optimizer(int i) {
        return i < groups.size() ? groups.get(i).optimizer : rest;
    }

    private int group(String path) {
        int i = 0;
        while (i < groups.size() && !path.matches(groups.get(i).path)) {
            i++;
        }
        return i;
    }

    @Override
    public List<String> slots() {
        return rest.slots();
    }

    @Override
    public double initial(String slot) {
        return rest.initial(slot);
    }

    @Override
    public Tensor start(String slot, String path, Tensor param) {
        return optimizer(group(path)).start(slot, path, param);
    }

    @Override
    public List<String> scalars() {
        var names = new ArrayList<String>();
        for (int i = 0; i <= groups.size(); i++) {
            for (var name : optimizer(i).scalars()) {
                names.add(i + ":" + name);
            }
        }
        return names;
    }

    @Override
    public double scalar(String name, long step, int epoch) {
        int colon = name.indexOf(':');
        return optimizer(Integer.parseInt(name.substring(0, colon))).scalar(name.substring(colon + 1), step, epoch);
    }

    @Override
    public Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        return updates(List.of(new Parameter("", param, grad, slots)), scalars).getFirst();
    }

    @Override
    public List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars) {
        var out = new Update[all.size()];
        for (int g = 0; g <= groups.size(); g++) {
            var mine = new ArrayList<Parameter>();
            var places = new ArrayList<Integer>();
            for (int i = 0; i < out.length; i++) {
                if (group(all.get(i).path()) == g) {
                    mine.add(all.get(i));
                    places.add(i);
                }
            }
            var numbers = new HashMap<String, Tensor>();
            for (var name : optimizer(g).scalars()) {
                numbers.put(name, scalars.get(g + ":" + name));
            }
            var stepped = mine.isEmpty() ? List.<Update>of() : optimizer(g).updates(mine, numbers);
            for (int i = 0; i < stepped.size(); i++) {
                out[places.get(i)] = stepped.get(i);
            }
        }
        return List.of(out);
    }

    @Override
    public Schedule rate() {
        return rest.rate();
    }

    @Override
    public Groups withRate(Schedule rate) {
        return new Groups(rest.withRate(rate), groups);
    }
}
