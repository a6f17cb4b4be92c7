package io.cyphonic.signaling.config;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A YAML mapping that knows the line of everything in it, so that every complaint can name it.
 * Reads the node tree and never builds objects from tags.
 */
final class YamlMapping {
    private final String file;
    private final String prefix;
    private final int line;
    private final Map<String, Node> values = new LinkedHashMap<>();
    private final Map<String, Integer> keyLines = new LinkedHashMap<>();

    private YamlMapping(String file, String prefix, MappingNode node) {
        this.file = file;
        this.prefix = prefix;
        this.line = line(node);
        for (NodeTuple tuple : node.getValue()) {
            int keyLine = line(tuple.getKeyNode());
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw at(keyLine, "a key must be a plain word");
            }
            if (values.put(key.getValue(), tuple.getValueNode()) != null) {
                throw at(keyLine, prefix + key.getValue() + ": given twice");
            }
            keyLines.put(key.getValue(), keyLine);
        }
    }

    static YamlMapping parse(String file, String text) {
        Optional<Node> root;
        try {
            LoadSettings settings =
                    LoadSettings.builder().setLabel(file).setAllowDuplicateKeys(true).build();
            root = new Compose(settings).composeString(text);
        } catch (MarkedYamlEngineException e) {
            String where = e.getProblemMark().map(mark -> ":" + (mark.getLine() + 1)).orElse("");
            throw new ConfigException(file + where + ": not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            throw new ConfigException(file + ": not YAML: " + e.getMessage());
        }
        if (root.isPresent() && root.get() instanceof MappingNode mapping) {
            return new YamlMapping(file, "", mapping);
        }
        throw new ConfigException(file + ":1: not a list of 'key: value' lines");
    }

    void allowOnly(Set<String> keys) {
        for (Map.Entry<String, Integer> key : keyLines.entrySet()) {
            if (!keys.contains(key.getKey())) {
                throw at(
                        key.getValue(),
                        "unknown key '%s' (value '%s'); allowed are %s"
                                .formatted(
                                        prefix + key.getKey(),
                                        describe(values.get(key.getKey())),
                                        String.join(", ", new TreeSet<>(keys))));
            }
        }
    }

    boolean has(String key) {
        return values.containsKey(key);
    }

    YamlMapping mapping(String key) {
        Node node = required(key);
        if (node instanceof MappingNode mapping) {
            return new YamlMapping(file, prefix + key + ".", mapping);
        }
        throw at(
                line(node),
                "%s: found '%s'; needs keys of its own below it"
                        .formatted(prefix + key, describe(node)));
    }

    <T> T value(String key, Function<String, T> reader, Consumer<T> check) {
        return read(key, required(key), reader, check);
    }

    <T> List<T> list(String key, Function<String, T> reader, Consumer<List<T>> check) {
        Node node = required(key);
        if (!(node instanceof SequenceNode sequence)) {
            throw at(
                    line(node),
                    "%s: found '%s'; needs a list, one '- value' per line"
                            .formatted(prefix + key, describe(node)));
        }
        List<T> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            items.add(read(key, item, reader, _ -> {}));
        }
        checked(line(node), items, check);
        return items;
    }

    private <T> T read(String key, Node node, Function<String, T> reader, Consumer<T> check) {
        if (!(node instanceof ScalarNode scalar) || scalar.getValue().isEmpty()) {
            throw at(
                    line(node),
                    "%s: found '%s'; needs one value".formatted(prefix + key, describe(node)));
        }
        T value;
        try {
            value = reader.apply(scalar.getValue());
        } catch (IllegalArgumentException e) {
            throw at(
                    line(node),
                    "%s: '%s' is not allowed: %s"
                            .formatted(prefix + key, scalar.getValue(), e.getMessage()));
        }
        checked(line(node), value, check);
        return value;
    }

    private <T> void checked(int atLine, T value, Consumer<T> check) {
        try {
            check.accept(value);
        } catch (ConfigException e) {
            throw at(atLine, e.getMessage());
        }
    }

    private Node required(String key) {
        Node node = values.get(key);
        if (node == null) {
            throw at(line, prefix + key + ": missing");
        }
        return node;
    }

    private ConfigException at(int atLine, String message) {
        return new ConfigException(file + ":" + atLine + ": " + message);
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }

    private static String describe(Node node) {
        return switch (node) {
            case ScalarNode scalar -> scalar.getValue();
            case SequenceNode _ -> "a list";
            case MappingNode _ -> "more keys";
            default -> "something else";
        };
    }
}
