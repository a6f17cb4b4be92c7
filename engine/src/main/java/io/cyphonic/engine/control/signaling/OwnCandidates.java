package io.cyphonic.engine.control.signaling;

import io.cyphonic.engine.control.cloud.Candidates;
import io.cyphonic.engine.control.state.CloudRecord;
import io.cyphonic.engine.control.state.SharedState;
import io.cyphonic.signaling.protocol.Candidate;
import io.cyphonic.signaling.protocol.sbe.CandidateKind;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Where this node can be reached by all it knows: what it tells the cloud, and what that saw. */
final class OwnCandidates {
    private final Candidates told;
    private final SharedState state;

    OwnCandidates(Candidates told, SharedState state) {
        this.told = told;
        this.state = state;
    }

    List<Candidate> all() {
        List<Candidate> all = new ArrayList<>(told.all());
        CloudRecord record = state.cloud();
        for (int link = 0; link < record.linkCount(); link++) {
            InetSocketAddress seen = record.observed(link);
            boolean usable = seen != null && !seen.getAddress().isLoopbackAddress();
            if (usable && all.stream().noneMatch(each -> each.address().equals(seen))) {
                all.add(new Candidate(seen, CandidateKind.OBSERVED));
            }
        }
        return all;
    }
}
