package io.cyphonic.engine.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds what somebody probably meant to type, by the Levenshtein distance. */
final class NearestWord {
    private NearestWord() {}

    /** The nearest candidate, if it is near enough to be a slip: a third of the letters or less. */
    static Optional<String> of(String word, Collection<String> candidates) {
        String cut = word.length() > 64 ? word.substring(0, 64) : word;
        return candidates.stream()
                .min(Comparator.comparingInt(candidate -> distance(cut, candidate)))
                .filter(nearest -> distance(cut, nearest) <= Math.max(2, nearest.length() / 3));
    }

    private static int distance(String a, String b) {
        int[] previous = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(change, Math.min(previous[j], row[j - 1]) + 1);
            }
            previous = row;
        }
        return previous[b.length()];
    }
}
