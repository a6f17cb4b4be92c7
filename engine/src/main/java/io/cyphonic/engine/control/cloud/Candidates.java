package io.cyphonic.engine.control.cloud;

import io.cyphonic.engine.control.CandidateSource;
import io.cyphonic.engine.control.LocalAddresses;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/** All addresses of this node as it tells them to the NMS: its own first. Thread-safe. */
public final class Candidates {
    /** Most candidates of a registration. */
    public static final int MAX_CANDIDATES = 16;

    private final LocalAddresses local;
    private final List<CandidateSource> sources = new CopyOnWriteArrayList<>();

    /** The addresses of the interfaces alone, until sources are added. */
    public Candidates(LocalAddresses local) {
        this.local = local;
    }

    /** Asks this source too from now on. */
    public void add(CandidateSource source) {
        sources.add(source);
    }

    /** At most {@value #MAX_CANDIDATES}, each address once. */
    public List<Candidate> all() {
        List<Candidate> all = new ArrayList<>();
        Set<InetSocketAddress> known = new HashSet<>();
        for (InetSocketAddress address : local.candidates()) {
            add(all, known, new Candidate(address, CandidateKind.LOCAL));
        }
        for (CandidateSource source : sources) {
            source.candidates().forEach(candidate -> add(all, known, candidate));
        }
        return List.copyOf(all);
    }

    private static void add(
            List<Candidate> all, Set<InetSocketAddress> known, Candidate candidate) {
        if (all.size() < MAX_CANDIDATES && known.add(candidate.address())) {
            all.add(candidate);
        }
    }
}
