package dev.caviar.tune.space;

import dev.caviar.tune.json.Json;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SequencedSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// All parameters of a search in the order of their declaration, some of which may exist only under a condition on others.
///
/// Parents may be declared before or after their children. A name that occurs twice, an unknown parent, a circle of conditions, a
/// condition on a real number, and a condition that can never hold are refused with [SpaceException].
///
/// ```java
/// var space = Space.of(
///         Param.of("learning_rate", Real.log(1e-4, 1)),
///         Param.of("optimizer", Choice.of("adam", "sgd")),
///         Param.of("beta1", Real.of(0.9, 0.999, Scale.ONE_MINUS_LOG)).when("optimizer", "adam"));
/// assert space.active("beta1", Map.of("optimizer", "adam"));
/// assert Space.parse(space.json()).equals(space);
/// ```
///
/// @param params the parameters in their order
public record Space(List<Param> params) {
    public Space {
        params = Checked.of(params);
    }

    /// A space of these parameters.
    public static Space of(Param... params) {
        return new Space(Arrays.asList(params));
    }

    /// Reads a space from a JSON file; see [#parse]. Every error begins with the file's name.
    public static Space read(Path file) {
        try {
            var text = Files.readString(file);
            return parse(text.startsWith("\uFEFF") ? text.substring(1) : text);    // editors on Windows put a mark in front of UTF-8
        } catch (SpaceException e) {
            throw new SpaceException(file + ", " + e.getMessage());
        } catch (CharacterCodingException e) {
            throw new SpaceException("The space file " + file + " is not text in UTF-8.\nMaybe save it again as UTF-8.");
        } catch (IOException e) {
            var why = Files.isDirectory(file) ? "it is a folder" : e instanceof NoSuchFileException ? "there is no such file" : e.toString();
            throw new SpaceException("The space file " + file + " cannot be read: " + why + ".\nMaybe the path is wrong, or you may not read it.");
        }
    }

    /// Reads a space from JSON of the form `{"parameters":[{"name":"lr","type":"real","low":1e-4,"high":1,"scale":"log"}, ...]}`.
    ///
    /// Types: `real` and `whole` (`low`, `high`, optional `scale` and `step`), `choice` (`values`); each may have `"when":{"parent":[values]}`,
    /// a `"tier"` from 1 to 9 and a `"default"` to wait at.
    /// Scales: `linear` (default), `log`, `one-minus-log`, `power-of-two`. Throws [SpaceException] naming the parameter, the key and its line.
    public static Space parse(String json) {
        return new SpaceReader(json).space();
    }

    /// The space as JSON on one line, in the form that [#parse] reads.
    public String json() {
        var list = new ArrayList<Object>();
        for (var param : params) list.add(describe(param));
        return Json.write(Map.of("parameters", list));
    }

    /// The names in their order.
    public List<String> names() {
        return params.stream().map(Param::name).toList();
    }

    /// The parameter of that name. Throws [SpaceException] with the known names where there is none.
    public Param param(String name) {
        for (var param : params) if (param.name().equals(name)) return param;
        throw new SpaceException("There is no parameter \"" + name + "\" in the space."
                + "\nMaybe one of " + String.join(", ", names()) + " was meant.");
    }

    /// Whether the parameter exists beside these values of the others.
    public boolean active(String name, Map<String, ? extends @Nullable Object> values) {
        for (var condition : param(name).when().entrySet())
            if (!values.containsKey(condition.getKey()) || !condition.getValue().contains(values.get(condition.getKey()))) return false;
        return true;
    }

    /// The parameters so that every parent stands before its children; otherwise in the order of declaration.
    public List<Param> parentsFirst() {
        var left = new LinkedHashMap<String, Integer>();
        var children = new HashMap<String, List<Integer>>();
        var ready = new PriorityQueue<Integer>();
        for (var i = 0; i < params.size(); i++) {
            var parents = params.get(i).when().keySet();
            for (var parent : parents) children.computeIfAbsent(parent, _ -> new ArrayList<>()).add(i);
            left.put(params.get(i).name(), parents.size());
            if (parents.isEmpty()) ready.add(i);
        }
        var ordered = new ArrayList<Param>();
        while (!ready.isEmpty()) {
            var param = params.get(ready.remove());
            ordered.add(param);
            for (var child : children.getOrDefault(param.name(), List.of()))
                if (left.merge(params.get(child).name(), -1, Integer::sum) == 0) ready.add(child);
        }
        return List.copyOf(ordered);
    }

    /// The tiers of its parameters, first ones first.
    public List<Integer> tiers() {
        return params.stream().map(Param::tier).distinct().sorted().toList();
    }

    /// Whether both hold the same parameters, in whatever order.
    public boolean sameAs(Space other) {
        return new HashSet<>(params).equals(new HashSet<>(other.params));
    }

    private static Map<String, @Nullable Object> describe(Param param) {
        var map = new LinkedHashMap<String, @Nullable Object>();
        map.put("name", param.name());
        switch (param.dist()) {
            case Real(var low, var high, var scale, var step) -> {
                map.put("type", "real");
                map.put("low", low);
                map.put("high", high);
                map.put("scale", scale.label());
                if (step > 0) map.put("step", step);
            }
            case Whole(var low, var high, var scale, var step) -> {
                map.put("type", "whole");
                map.put("low", low);
                map.put("high", high);
                map.put("scale", scale.label());
                if (step > 1) map.put("step", step);
            }
            case Choice(var values) -> {
                map.put("type", "choice");
                map.put("values", values);
            }
        }
        if (!param.when().isEmpty()) map.put("when", param.when());
        if (param.tier() > 1) map.put("tier", param.tier());
        if (param.usual() != null) map.put("default", param.usual());
        return map;
    }

    /// What makes a list of parameters a space, with a message for everything that does not.
    private record Checked(Map<String, Param> byName) {
        static List<Param> of(List<Param> params) {
            var byName = new LinkedHashMap<String, Param>();
            for (var param : params)
                if (byName.put(param.name(), param) != null)
                    throw new SpaceException("parameter \"" + param.name() + "\": the name is used twice.\nMaybe one of them was meant to have another.");
            var checked = new Checked(byName);
            for (var param : params) byName.put(param.name(), checked.canonical(param));
            checked.refuseCircle();
            for (var param : params) checked.refuseImpossible(param);
            return List.copyOf(byName.values());
        }

        // Values of a condition take the parent's own type, so that they are found among its values.
        private Param canonical(Param param) {
            var when = new LinkedHashMap<String, List<@Nullable Object>>();
            param.when().forEach((parent, values) -> {
                var self = "parameter \"" + param.name() + "\", when \"" + parent + "\" in " + values + ": ";
                var known = byName.get(parent);
                if (known == null)
                    throw new SpaceException(self + "there is no such parameter.\nMaybe one of " + String.join(", ", byName.keySet()) + " was meant.");
                if (known.dist() instanceof Real)
                    throw new SpaceException(self + "a real number cannot be a condition.\nMaybe make \"" + parent + "\" a choice or a whole number.");
                if (values.isEmpty()) throw new SpaceException(self + "an impossible condition, it lists no value.\nMaybe leave the condition out.");
                var own = new ArrayList<@Nullable Object>();
                for (var value : values) {
                    if (!known.dist().contains(value))
                        throw new SpaceException(self + "an impossible condition, \"" + parent + "\" is never " + value + "."
                                + "\nMaybe it is misspelt, or \"" + parent + "\" lacks it.");
                    own.add(known.dist().canonical(value));
                }
                when.put(parent, own);
            });
            return new Param(param.name(), param.dist(), when, param.tier(), param.usual());
        }

        // Walks up from each parameter without recursion, and looks at none twice: conditions may form a long chain, or a dense web.
        private void refuseCircle() {
            var good = new HashSet<String>();
            for (var start : byName.keySet()) {
                var path = new LinkedHashSet<>(List.of(start));
                while (!path.isEmpty()) {
                    var up = byName.get(path.getLast()).when().keySet().stream().filter(parent -> !good.contains(parent)).findFirst();
                    if (up.isEmpty()) good.add(path.removeLast());
                    else if (!path.add(up.get())) throw circle(path, up.get());
                }
            }
        }

        private static SpaceException circle(SequencedSet<String> path, String again) {
            var names = new ArrayList<>(path);
            var circle = names.subList(names.indexOf(again), names.size());
            return new SpaceException("parameter \"" + again + "\": its conditions go in a circle: " + String.join(" -> ", circle) + " -> " + again + "."
                    + "\nMaybe one of them needs no condition.");
        }

        // A parameter asks for the conditions of all its ancestors at once: they must agree.
        private void refuseImpossible(Param param) {
            var allowed = new HashMap<String, List<@Nullable Object>>();
            var todo = new ArrayList<>(List.of(param.name()));
            var seen = new HashSet<String>();
            while (!todo.isEmpty()) {
                var name = todo.removeLast();
                if (!seen.add(name)) continue;
                byName.get(name).when().forEach((parent, values) -> {
                    var left = new ArrayList<@Nullable Object>(allowed.getOrDefault(parent, values));
                    left.retainAll(values);
                    if (left.isEmpty())
                        throw new SpaceException("parameter \"" + param.name() + "\": an impossible condition, no value of \"" + parent
                                + "\" suits both it and the parameters it depends on.\nMaybe a value is missing in one of the conditions.");
                    allowed.put(parent, left);
                    todo.add(parent);
                });
            }
        }
    }
}
