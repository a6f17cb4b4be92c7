package io.cyphonic.engine.config;

import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/** Turns the nodes of a {@link ConfigDocument} into checked values. */
final class ConfigValues {
    private final ConfigDocument document;

    ConfigValues(ConfigDocument document) {
        this.document = document;
    }

    /** A whole number in a range. */
    int integer(ConfigKey key, int least, int most, int absent) {
        Optional<Node> node = document.value(key);
        if (node.isEmpty()) {
            return absent;
        }
        String text = scalar(key, node.get());
        if (text.matches("\\d{1,9}")) {
            int number = Integer.parseInt(text);
            if (number >= least && number <= most) {
                return number;
            }
        }
        throw document.refuse(key, node.get(), ConfigDocument.describe(node.get()));
    }

    /** A text that passes a check. */
    String text(ConfigKey key, String absent, Predicate<String> check) {
        Optional<Node> node = document.value(key);
        if (node.isEmpty()) {
            return absent;
        }
        String text = scalar(key, node.get());
        if (!check.test(text)) {
            throw document.refuse(key, node.get(), ConfigDocument.describe(node.get()));
        }
        return text;
    }

    /** One of the constants of an enum, in lower case with hyphens. */
    <E extends Enum<E>> E choice(ConfigKey key, Class<E> type, E absent) {
        Optional<Node> node = document.value(key);
        return node.isEmpty()
                ? absent
                : constant(type, scalar(key, node.get()))
                        .orElseThrow(
                                () ->
                                        document.refuse(
                                                key,
                                                node.get(),
                                                ConfigDocument.describe(node.get())));
    }

    /** A list of texts, each of which must be accepted; a complaint names the line of the item. */
    <T> List<T> list(
            ConfigKey key, Node node, int least, int most, Function<String, Optional<T>> item) {
        if (!(node instanceof SequenceNode sequence)) {
            throw document.refuse(key, node, ConfigDocument.describe(node));
        }
        List<Node> items = sequence.getValue();
        if (items.size() < least || items.size() > most) {
            throw document.refuse(key, node, "a list of " + items.size());
        }
        List<T> values = new ArrayList<>();
        for (Node each : items) {
            values.add(
                    item.apply(scalar(key, each))
                            .orElseThrow(
                                    () ->
                                            document.refuse(
                                                    key, each, ConfigDocument.describe(each))));
        }
        return List.copyOf(values);
    }

    /** The text of a node that must not be a list or a section. */
    String scalar(ConfigKey key, Node node) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue();
        }
        throw document.refuse(key, node, ConfigDocument.describe(node));
    }

    /** Whether a node is just this word. */
    boolean isText(Node node, String word) {
        return node instanceof ScalarNode scalar && scalar.getValue().equals(word);
    }

    /** The constant that is written so. */
    static <E extends Enum<E>> Optional<E> constant(Class<E> type, String text) {
        for (E candidate : type.getEnumConstants()) {
            if (NodeConfigLoader.kebab(candidate).equals(text)) {
                return Optional.of(candidate);
            }
        }
        return Optional.empty();
    }
}
