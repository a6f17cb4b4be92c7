package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.ControlMessage.CandidateUpdate;
import io.cyphonic.signaling.protocol.ControlMessage.CandidateUpdateAck;
import io.cyphonic.signaling.protocol.ControlMessage.MtuProbe;
import io.cyphonic.signaling.protocol.ControlMessage.MtuProbeAck;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbe;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbeAck;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelClose;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelResponsePayload;
import io.cyphonic.signaling.protocol.sbe.CandidateUpdateAckDecoder;
import io.cyphonic.signaling.protocol.sbe.CandidateUpdateAckEncoder;
import io.cyphonic.signaling.protocol.sbe.CandidateUpdateDecoder;
import io.cyphonic.signaling.protocol.sbe.CandidateUpdateEncoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderDecoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderEncoder;
import io.cyphonic.signaling.protocol.sbe.MtuProbeAckDecoder;
import io.cyphonic.signaling.protocol.sbe.MtuProbeAckEncoder;
import io.cyphonic.signaling.protocol.sbe.MtuProbeDecoder;
import io.cyphonic.signaling.protocol.sbe.MtuProbeEncoder;
import io.cyphonic.signaling.protocol.sbe.PathProbeAckDecoder;
import io.cyphonic.signaling.protocol.sbe.PathProbeAckEncoder;
import io.cyphonic.signaling.protocol.sbe.PathProbeDecoder;
import io.cyphonic.signaling.protocol.sbe.PathProbeEncoder;
import io.cyphonic.signaling.protocol.sbe.TunnelCloseDecoder;
import io.cyphonic.signaling.protocol.sbe.TunnelCloseEncoder;
import io.cyphonic.signaling.protocol.sbe.TunnelRequestPayloadDecoder;
import io.cyphonic.signaling.protocol.sbe.TunnelRequestPayloadEncoder;
import io.cyphonic.signaling.protocol.sbe.TunnelResponsePayloadDecoder;
import io.cyphonic.signaling.protocol.sbe.TunnelResponsePayloadEncoder;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The messages between two nodes: payloads of the handshake and of control capsules. */
final class TunnelMessages {
    private TunnelMessages() {}

    static int encode(
            TunnelRequestPayload m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        TunnelRequestPayloadEncoder e =
                new TunnelRequestPayloadEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.timestampMillis(m.timestampMillis()).innerMtu(m.innerMtu());
        byte[] certificate = FieldWriter.data(m.certificate());
        return e.putCertificate(certificate, 0, certificate.length).encodedLength();
    }

    static TunnelRequestPayload tunnelRequestPayload(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        TunnelRequestPayloadDecoder d =
                new TunnelRequestPayloadDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new TunnelRequestPayload(
                d.timestampMillis(),
                d.innerMtu(),
                reader.data(d.certificateLength(), d::getCertificate));
    }

    static int encode(
            TunnelResponsePayload m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        TunnelResponsePayloadEncoder e =
                new TunnelResponsePayloadEncoder().wrapAndApplyHeader(buffer, 0, header);
        FieldWriter.endpoint(e.observed(), m.observed());
        return e.innerMtu(m.innerMtu()).encodedLength();
    }

    static TunnelResponsePayload tunnelResponsePayload(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        TunnelResponsePayloadDecoder d =
                new TunnelResponsePayloadDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new TunnelResponsePayload(reader.endpoint(d.observed()), d.innerMtu());
    }

    static int encode(PathProbe m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        PathProbeEncoder e = new PathProbeEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.probeId(m.probeId()).encodedLength();
    }

    static PathProbe pathProbe(DirectBuffer buffer, MessageHeaderDecoder header) {
        return new PathProbe(
                new PathProbeDecoder().wrapAndApplyHeader(buffer, 0, header).probeId());
    }

    static int encode(PathProbeAck m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        PathProbeAckEncoder e = new PathProbeAckEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.probeId(m.probeId());
        FieldWriter.endpoint(e.observed(), m.observed());
        return e.encodedLength();
    }

    static PathProbeAck pathProbeAck(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        PathProbeAckDecoder d = new PathProbeAckDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new PathProbeAck(d.probeId(), reader.endpoint(d.observed()));
    }

    static int encode(TunnelClose m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        TunnelCloseEncoder e = new TunnelCloseEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.reason(m.reason()).encodedLength();
    }

    static TunnelClose tunnelClose(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        TunnelCloseDecoder d = new TunnelCloseDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new TunnelClose(reader.status(d.reasonRaw()));
    }

    static int encode(MtuProbe m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        MtuProbeEncoder e = new MtuProbeEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.probeId(m.probeId()).encodedLength();
    }

    static MtuProbe mtuProbe(DirectBuffer buffer, MessageHeaderDecoder header) {
        return new MtuProbe(new MtuProbeDecoder().wrapAndApplyHeader(buffer, 0, header).probeId());
    }

    static int encode(MtuProbeAck m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        MtuProbeAckEncoder e = new MtuProbeAckEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.probeId(m.probeId()).size(m.size()).encodedLength();
    }

    static MtuProbeAck mtuProbeAck(DirectBuffer buffer, MessageHeaderDecoder header) {
        MtuProbeAckDecoder d = new MtuProbeAckDecoder().wrapAndApplyHeader(buffer, 0, header);
        return new MtuProbeAck(d.probeId(), d.size());
    }

    static int encode(CandidateUpdate m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        CandidateUpdateEncoder e =
                new CandidateUpdateEncoder().wrapAndApplyHeader(buffer, 0, header);
        e.sequence(m.sequence()).moved((short) (m.moved() ? 1 : 0));
        var group =
                e.candidatesCount(
                        FieldWriter.count(m.candidates(), ControlMessageCodec.MAX_LIST_LENGTH));
        for (Candidate candidate : m.candidates()) {
            FieldWriter.endpoint(group.next().endpoint(), candidate.address());
            group.kind(candidate.kind());
        }
        return e.encodedLength();
    }

    static CandidateUpdate candidateUpdate(
            DirectBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        CandidateUpdateDecoder d =
                new CandidateUpdateDecoder().wrapAndApplyHeader(buffer, 0, header);
        List<Candidate> candidates = new ArrayList<>();
        for (var group = d.candidates(); group.hasNext(); ) {
            reader.addCandidate(candidates, group.next().endpoint(), group.kindRaw());
        }
        return new CandidateUpdate(
                d.sequence(), d.moved() != 0, Collections.unmodifiableList(candidates));
    }

    static int encode(
            CandidateUpdateAck m, MutableDirectBuffer buffer, MessageHeaderEncoder header) {
        CandidateUpdateAckEncoder e =
                new CandidateUpdateAckEncoder().wrapAndApplyHeader(buffer, 0, header);
        return e.sequence(m.sequence()).encodedLength();
    }

    static CandidateUpdateAck candidateUpdateAck(DirectBuffer buffer, MessageHeaderDecoder header) {
        return new CandidateUpdateAck(
                new CandidateUpdateAckDecoder().wrapAndApplyHeader(buffer, 0, header).sequence());
    }
}
