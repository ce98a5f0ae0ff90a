package dev.caviar.nn.optim;

import dev.caviar.engine.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// An optimizer around another one, which it asks for all that it does not change.
interface Wrapper extends Optimizer {
    Optimizer inner();

    Optimizer withInner(Optimizer inner);

    @Override
    default List<String> slots() {
        return inner().slots();
    }

    @Override
    default double initial(String slot) {
        return inner().initial(slot);
    }

    @Override
    default Tensor start(String slot, String path, Tensor param) {
        return inner().slots().contains(slot) ? inner().start(slot, path, param) : Tensor.full(initial(slot), param.type());
    }

    @Override
    default List<String> scalars() {
        return inner().scalars();
    }

    @Override
    default double scalar(String name, long step, int epoch) {
        return inner().scalar(name, step, epoch);
    }

    @Override
    List<Update> updates(List<Parameter> all, Map<String, Tensor> scalars);

    @Override
    default Update update(Tensor param, Tensor grad, Map<String, Tensor> slots, Map<String, Tensor> scalars) {
        return updates(List.of(new Parameter("", param, grad, slots)), scalars).getFirst();
    }

    @Override
    default Schedule rate() {
        return inner().rate();
    }

    @Override
    default Optimizer withRate(Schedule rate) {
        return withInner(inner().withRate(rate));
    }

    /// These names with more behind them.
    static List<String> plus(List<String> names, String... more) {
        var all = new java.util.ArrayList<>(names);
        all.addAll(List.of(more));
        return List.copyOf(all);
    }
}
