package dev.caviar.tune;

import dev.caviar.tune.record.History;
import dev.caviar.tune.record.TrialView;
import dev.caviar.tune.sample.Sampler;
import dev.caviar.tune.space.Space;
import dev.caviar.tune.storage.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Chooses the values of a whole space for one trial, parents before the children that exist only beside some of their values.
record Proposal(Sampler sampler, Space space, long seed) {
    /// The values in the order of declaration; `fixed` ones, of a trial that is run again, come first of all.
    List<Event.Param> params(History past, TrialView trial, Map<String, @Nullable Object> fixed) {
        var joint = sampler.propose(past, trial, space, Seeds.parameter(seed, trial.slot(), ""));
        var chosen = new HashMap<String, Event.Param>();
        var sofar = trial;
        for (var param : space.parentsFirst()) {
            var name = param.name();
            if (!space.active(name, sofar.params())) continue;
            Object value;
            if (fixed.containsKey(name) && param.dist().contains(fixed.get(name))) value = fixed.get(name);
            else if (joint.containsKey(name)) value = joint.get(name);
            else value = sampler.propose(past, sofar, name, param.dist(), Seeds.parameter(seed, trial.slot(), name));
            var event = new Event.Param(name, param.dist(), value);
            chosen.put(name, event);
            sofar = sofar.withParam(name, event.dist(), event.value());
        }
        var events = new ArrayList<Event.Param>();
        for (var name : space.names()) if (chosen.containsKey(name)) events.add(chosen.get(name));
        return events;
    }
}
