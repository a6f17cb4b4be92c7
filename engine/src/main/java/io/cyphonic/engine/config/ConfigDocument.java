package io.cyphonic.engine.config;

import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A configuration file split into its known keys, each with the YAML node it was given, so that
 * later complaints can name the line. Unknown and repeated keys are refused here.
 */
final class ConfigDocument {
    private static final int MAX_LENGTH = 65_536;

    private final String fileName;
    private final Map<ConfigKey, Node> values = new EnumMap<>(ConfigKey.class);

    private ConfigDocument(String fileName) {
        this.fileName = fileName;
    }

    /**
     * Parses the text of a file; throws {@link ConfigException} for anything it does not accept.
     */
    static ConfigDocument parse(String fileName, String text) {
        ConfigDocument document = new ConfigDocument(fileName);
        if (text.length() > MAX_LENGTH) {
            throw new ConfigException(
                    "%s: found %d characters; allowed: at most %d"
                            .formatted(fileName, text.length(), MAX_LENGTH));
        }
        LoadSettings settings = LoadSettings.builder().setLabel(fileName).build();
        compose(settings, text)
                .filter(root -> !isEmpty(root))
                .ifPresent(root -> document.collect("", root));
        return document;
    }

    private static Optional<Node> compose(LoadSettings settings, String text) {
        String fileName = settings.getLabel();
        try {
            return new Compose(settings).composeString(text);
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(mark -> mark.getLine() + 1).orElse(1);
            throw new ConfigException(
                    "%s:%d: not YAML: %s".formatted(fileName, line, oneLine(e.getProblem())));
        } catch (YamlEngineException | IllegalArgumentException e) {
            // The second kind: a tag with spaces in it, for one.
            throw new ConfigException(
                    "%s: not YAML: %s".formatted(fileName, oneLine(e.getMessage())));
        }
    }

    /** The node of a key, if the file gives it a value. */
    Optional<Node> value(ConfigKey key) {
        return Optional.ofNullable(values.get(key));
    }

    /** The complaint about a value. */
    ConfigException refuse(ConfigKey key, Node at, String found) {
        return new ConfigException(
                "%s:%d: %s: found %s; allowed: %s"
                        .formatted(fileName, line(at), key.key(), found, key.allowed()));
    }

    /** The complaint about a key that must be there. */
    ConfigException missing(ConfigKey key) {
        return new ConfigException(
                "%s: %s: not found; needed: %s".formatted(fileName, key.key(), key.allowed()));
    }

    private void collect(String prefix, Node node) {
        if (!(node instanceof MappingNode mapping)) {
            throw new ConfigException(
                    "%s:%d: %s: found %s; allowed: keys of its own, one per line"
                            .formatted(
                                    fileName,
                                    line(node),
                                    prefix.isEmpty() ? "top level" : prefix,
                                    describe(node)));
        }
        Map<String, Integer> lines = new HashMap<>();
        for (NodeTuple entry : mapping.getValue()) {
            Node keyNode = entry.getKeyNode();
            String name = keyNode instanceof ScalarNode scalar ? scalar.getValue() : "?";
            String path = prefix.isEmpty() ? name : prefix + "." + name;
            Integer before = lines.putIfAbsent(name, line(keyNode));
            if (before != null) {
                throw new ConfigException(
                        "%s:%d: %s: found twice; it was set in line %d already"
                                .formatted(fileName, line(keyNode), path, before));
            }
            accept(path, keyNode, entry.getValueNode());
        }
    }

    private void accept(String path, Node keyNode, Node value) {
        Optional<ConfigKey> key = ConfigKey.of(path);
        if (key.isPresent()) {
            // "key:" with nothing behind it means the default, as in a freshly commented-out list.
            if (!isEmpty(value)) {
                values.put(key.get(), value);
            }
        } else if (ConfigKey.isSection(path)) {
            if (!isEmpty(value)) {
                collect(path, value);
            }
        } else {
            throw new ConfigException(
                    "%s:%d: %s: found an unknown key%s; allowed: %s"
                            .formatted(
                                    fileName,
                                    line(keyNode),
                                    path,
                                    suggestion(path),
                                    siblings(path)));
        }
    }

    private static String suggestion(String path) {
        return NearestWord.of(path, Stream.of(ConfigKey.values()).map(ConfigKey::key).toList())
                .map(nearest -> ", did you mean " + nearest + "?")
                .orElse("");
    }

    private static String siblings(String path) {
        String section = path.contains(".") ? path.substring(0, path.lastIndexOf('.') + 1) : "";
        boolean known =
                !section.isEmpty()
                        && Stream.of(ConfigKey.values())
                                .anyMatch(key -> key.key().startsWith(section));
        return String.join(
                ", ",
                Stream.of(ConfigKey.values())
                        .map(ConfigKey::key)
                        .filter(key -> !known || key.startsWith(section))
                        .toList());
    }

    /** A value as a complaint shows it: short, on one line. */
    static String describe(Node node) {
        return switch (node) {
            case ScalarNode scalar -> quote(scalar.getValue());
            case MappingNode _ -> "a section";
            default -> "a list";
        };
    }

    /** A text in quotes, cut and without control characters. */
    static String quote(String text) {
        String shown =
                text.codePoints()
                        .map(point -> Character.isISOControl(point) ? ' ' : point)
                        .limit(60)
                        .collect(
                                StringBuilder::new,
                                StringBuilder::appendCodePoint,
                                StringBuilder::append)
                        .toString();
        return '"' + shown + (shown.length() < text.length() ? "...\"" : "\"");
    }

    private static String oneLine(String text) {
        return text == null ? "unreadable" : text.replaceAll("\\p{Cntrl}+", " ").strip();
    }

    private static boolean isEmpty(Node node) {
        return node instanceof ScalarNode scalar
                && scalar.isPlain()
                && (scalar.getValue().isEmpty()
                        || scalar.getValue().equals("null")
                        || scalar.getValue().equals("~"));
    }

    private static int line(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(1);
    }
}
