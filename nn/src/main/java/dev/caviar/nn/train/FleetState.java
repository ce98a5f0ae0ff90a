package dev.caviar.nn.train;

import dev.caviar.engine.memory.Buffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/// The states of K models side by side: each model goes on in its own part of the same memory.
final class FleetState {
    private final List<Buffer> memory = new ArrayList<>();
    private final Map<String, Buffer> weights = new LinkedHashMap<>();
    private final boolean batches;
    private final boolean validation;

    FleetState(List<Trainee> members) {
        var lead = members.getFirst();
        var moved = new ArrayList<List<Buffer>>();
        members.forEach(_ -> moved.add(new ArrayList<>()));
        for (int t = 0; t < lead.state.memory().size(); t++) {
            var whole = Stack.whole(lead.state.memory().get(t).type(), members.size());
            memory.add(whole);
            for (int i = 0; i < members.size(); i++) {
                var part = Stack.part(whole, i);
                part.copyFrom(members.get(i).state.memory().get(t));
                moved.get(i).add(part);
            }
        }
        for (int i = 0; i < members.size(); i++) {
            members.get(i).state.move(moved.get(i));
            members.get(i).model.moved();
        }
        var order = memory.iterator();
        lead.state.params.keySet().forEach(path -> weights.put(path, order.next()));
        lead.state.slots.forEach(_ -> order.next());
        lead.state.states.keySet().forEach(path -> weights.put(path, order.next()));
        batches = all(members, (a, b) -> a.batches.source() == b.batches.source() && a.fit.shuffle() == b.fit.shuffle()
                && (!a.fit.shuffle() || a.fit.seed() == b.fit.seed() && a.state.epoch == b.state.epoch));
        validation = all(members, (a, b) -> a.validation != null && b.validation != null
                && a.validation.source() == b.validation.source());
    }

    private static boolean all(List<Trainee> members, BiPredicate<Trainee, Trainee> same) {
        var lead = members.getFirst();
        return members.stream().allMatch(member -> same.test(lead, member) && lead.model.normaliser().equals(member.model.normaliser()));
    }

    /// All memory in the order of a step's inputs.
    List<Buffer> memory() {
        return memory;
    }

    /// What inference reads, by path.
    Map<String, Buffer> weights() {
        return weights;
    }

    /// Whether all see the same examples in the same order.
    boolean sharesBatches() {
        return batches;
    }

    /// Whether all are validated on the same examples.
    boolean sharesValidation() {
        return validation;
    }

    /// The numbers that the layers ask for.
    static void scalars(Stack stack, List<Trainee> members) {
        for (var name : members.getFirst().state.needs.scalars().keySet()) {
            stack.numbers("l:" + name, members.stream().mapToDouble(member -> member.state.needs.scalars().get(name)).toArray());
        }
    }

    /// What outputs and classes count for, and the numbers of the losses.
    static void weights(Stack stack, List<Trainee> members) {
        for (var name : members.getFirst().recipe.numbers().keySet()) {
            stack.numbers("w:" + name, members.stream().mapToDouble(member -> member.recipe.numbers().get(name)).toArray());
        }
    }

    /// Gives a model memory of its own again.
    static void leave(Trainee member) {
        member.state.move(member.state.memory().stream().map(State::copy).toList());
        member.model.moved();
    }
}
