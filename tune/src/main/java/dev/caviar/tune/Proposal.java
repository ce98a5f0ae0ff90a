package dev.caviar.tune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Param;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.space.SpaceException;
import dev.caviar.tune.storage.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Chooses the values of a whole space for one trial, parents before the children that exist only beside some of their values.
final class Proposal {
    private final Sampler sampler;
    private final Space space;
    private final List<Param> parentsFirst;
    private final long seed;

    Proposal(Sampler sampler, Space space, long seed) {
        this.sampler = sampler;
        this.space = space;
        this.parentsFirst = space.parentsFirst();
        this.seed = seed;
    }

    /// The values in the order of declaration, and what the sampler notes about them; `fixed` ones, of a trial that is run again, come first of all.
    List<Event> events(History past, TrialView trial, Map<String, @Nullable Object> fixed) {
        var joint = sampler.propose(past, trial, space, Seeds.parameter(seed, trial.slot(), ""));
        var chosen = new HashMap<String, Event.Param>();
        var sofar = trial;
        for (var param : parentsFirst) {
            var name = param.name();
            if (!space.active(name, sofar.params())) continue;
            Object value;
            if (fixed.containsKey(name) && param.dist().contains(fixed.get(name))) value = fixed.get(name);
            else if (joint.containsKey(name)) value = joint.get(name);
            else value = sampler.propose(past, sofar, name, param.dist(), Seeds.parameter(seed, trial.slot(), name));
            if (!param.dist().contains(value))
                throw new SpaceException("The sampler " + sampler.getClass().getSimpleName() + " proposed what \"" + name + "\" cannot be: " + value + " is not a value of " + param.dist()
                        + ".\nMaybe round or cut it: dist.at(unit) is always a value.");
            var event = new Event.Param(name, param.dist(), value);
            chosen.put(name, event);
            sofar = sofar.withParam(name, event.dist(), event.value());
        }
        var events = new ArrayList<Event>();
        for (var param : space.params()) if (chosen.containsKey(param.name())) events.add(chosen.get(param.name()));
        sampler.notes(past, trial, space).forEach((key, value) -> events.add(new Event.SystemAttribute(key, value)));
        return events;
    }
}
