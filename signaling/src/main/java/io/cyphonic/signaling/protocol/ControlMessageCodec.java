package io.cyphonic.signaling.protocol;

import io.cyphonic.signaling.protocol.ControlMessage.CandidateUpdate;
import io.cyphonic.signaling.protocol.ControlMessage.CandidateUpdateAck;
import io.cyphonic.signaling.protocol.ControlMessage.DirectionRequest;
import io.cyphonic.signaling.protocol.ControlMessage.EnrolRequest;
import io.cyphonic.signaling.protocol.ControlMessage.EnrolResponse;
import io.cyphonic.signaling.protocol.ControlMessage.Finalization;
import io.cyphonic.signaling.protocol.ControlMessage.FinalizationAck;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAlive;
import io.cyphonic.signaling.protocol.ControlMessage.KeepAliveAck;
import io.cyphonic.signaling.protocol.ControlMessage.LoginRequest;
import io.cyphonic.signaling.protocol.ControlMessage.LoginResponse;
import io.cyphonic.signaling.protocol.ControlMessage.MtuProbe;
import io.cyphonic.signaling.protocol.ControlMessage.MtuProbeAck;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbe;
import io.cyphonic.signaling.protocol.ControlMessage.PathProbeAck;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationRequest;
import io.cyphonic.signaling.protocol.ControlMessage.RegistrationResponse;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationNotice;
import io.cyphonic.signaling.protocol.ControlMessage.RevocationQuery;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionConfirmation;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToInitiator;
import io.cyphonic.signaling.protocol.ControlMessage.RouteDirectionToResponder;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelClose;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelRequestPayload;
import io.cyphonic.signaling.protocol.ControlMessage.TunnelResponsePayload;
import io.cyphonic.signaling.protocol.sbe.CandidateUpdateAckDecoder;
import io.cyphonic.signaling.protocol.sbe.CandidateUpdateDecoder;
import io.cyphonic.signaling.protocol.sbe.DirectionRequestDecoder;
import io.cyphonic.signaling.protocol.sbe.EnrolRequestDecoder;
import io.cyphonic.signaling.protocol.sbe.EnrolResponseDecoder;
import io.cyphonic.signaling.protocol.sbe.FinalizationAckDecoder;
import io.cyphonic.signaling.protocol.sbe.FinalizationDecoder;
import io.cyphonic.signaling.protocol.sbe.KeepAliveAckDecoder;
import io.cyphonic.signaling.protocol.sbe.KeepAliveDecoder;
import io.cyphonic.signaling.protocol.sbe.LoginRequestDecoder;
import io.cyphonic.signaling.protocol.sbe.LoginResponseDecoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderDecoder;
import io.cyphonic.signaling.protocol.sbe.MessageHeaderEncoder;
import io.cyphonic.signaling.protocol.sbe.MtuProbeAckDecoder;
import io.cyphonic.signaling.protocol.sbe.MtuProbeDecoder;
import io.cyphonic.signaling.protocol.sbe.PathProbeAckDecoder;
import io.cyphonic.signaling.protocol.sbe.PathProbeDecoder;
import io.cyphonic.signaling.protocol.sbe.RegistrationRequestDecoder;
import io.cyphonic.signaling.protocol.sbe.RegistrationResponseDecoder;
import io.cyphonic.signaling.protocol.sbe.RevocationNoticeDecoder;
import io.cyphonic.signaling.protocol.sbe.RevocationQueryDecoder;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionConfirmationDecoder;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionToInitiatorDecoder;
import io.cyphonic.signaling.protocol.sbe.RouteDirectionToResponderDecoder;
import io.cyphonic.signaling.protocol.sbe.TunnelCloseDecoder;
import io.cyphonic.signaling.protocol.sbe.TunnelRequestPayloadDecoder;
import io.cyphonic.signaling.protocol.sbe.TunnelResponsePayloadDecoder;

import org.agrona.concurrent.UnsafeBuffer;

import java.util.Arrays;

/**
 * Turns control messages into bytes of the SBE schema {@code cyphonic-messages.xml} (8-byte message
 * header, then the body; big-endian) and back. Stateless; allocates; not for the data path.
 *
 * <p>Decoding takes any bytes: what is malformed, beyond a limit or of an unknown template gives
 * {@code null}, never an exception. Bytes after the message are ignored, so that later versions can
 * append to it. It deliberately does not judge the content: who may send what, and whether a
 * certificate is any good, is for the receiver.
 */
public final class ControlMessageCodec {
    /** Longest list in any message. */
    public static final int MAX_LIST_LENGTH = 32;

    /**
     * Most candidates a node may register. Half of {@link #MAX_LIST_LENGTH}: the NMS adds the
     * addresses it saw, and the direction with them and a certificate must fit one datagram.
     */
    public static final int MAX_REGISTERED_CANDIDATES = 16;

    /** Longest byte string in any message. */
    public static final int MAX_DATA_LENGTH = 4096;

    /** Longest name in any message (RFC 1035, section 2.3.4). */
    public static final int MAX_TEXT_LENGTH = 255;

    /** Covers message header, root block, a full list, all relay fields, the lengths of strings. */
    private static final int FIXED_CAPACITY = 2048;

    private ControlMessageCodec() {}

    /**
     * Encodes a message.
     *
     * @throws IllegalArgumentException if a list, name or byte string is over its limit or an
     *     address is unresolved: a bug of the caller
     */
    public static byte[] encode(ControlMessage message) {
        byte[] scratch = new byte[FIXED_CAPACITY + dataLength(message)];
        try {
            UnsafeBuffer buffer = new UnsafeBuffer(scratch);
            int bodyLength = encode(message, buffer, new MessageHeaderEncoder());
            return Arrays.copyOf(scratch, MessageHeaderEncoder.ENCODED_LENGTH + bodyLength);
        } finally {
            // Some messages carry a key.
            Arrays.fill(scratch, (byte) 0);
        }
    }

    /** The message in the bytes, or {@code null} if there is none that this version can read. */
    public static ControlMessage decode(byte[] buffer, int offset, int length) {
        int templateId = MessageStructure.checkedTemplateId(buffer, offset, length);
        if (templateId < 0) {
            return null;
        }
        FieldReader reader = new FieldReader();
        ControlMessage message =
                decode(
                        templateId,
                        new UnsafeBuffer(buffer, offset, length),
                        new MessageHeaderDecoder(),
                        reader);
        return reader.isMalformed() ? null : message;
    }

    private static int encode(
            ControlMessage message, UnsafeBuffer buffer, MessageHeaderEncoder header) {
        return switch (message) {
            case EnrolRequest m -> LoginMessages.encode(m, buffer, header);
            case EnrolResponse m -> LoginMessages.encode(m, buffer, header);
            case LoginRequest m -> LoginMessages.encode(m, buffer, header);
            case LoginResponse m -> LoginMessages.encode(m, buffer, header);
            case RegistrationRequest m -> RegistrationMessages.encode(m, buffer, header);
            case RegistrationResponse m -> RegistrationMessages.encode(m, buffer, header);
            case KeepAlive m -> RegistrationMessages.encode(m, buffer, header);
            case KeepAliveAck m -> RegistrationMessages.encode(m, buffer, header);
            case Finalization m -> RegistrationMessages.encode(m, buffer, header);
            case FinalizationAck m -> RegistrationMessages.encode(m, buffer, header);
            case RevocationQuery m -> RegistrationMessages.encode(m, buffer, header);
            case RevocationNotice m -> RegistrationMessages.encode(m, buffer, header);
            case DirectionRequest m -> DirectionMessages.encode(m, buffer, header);
            case RouteDirectionToResponder m -> DirectionMessages.encode(m, buffer, header);
            case RouteDirectionConfirmation m -> DirectionMessages.encode(m, buffer, header);
            case RouteDirectionToInitiator m -> DirectionMessages.encode(m, buffer, header);
            case TunnelRequestPayload m -> TunnelMessages.encode(m, buffer, header);
            case TunnelResponsePayload m -> TunnelMessages.encode(m, buffer, header);
            case PathProbe m -> TunnelMessages.encode(m, buffer, header);
            case PathProbeAck m -> TunnelMessages.encode(m, buffer, header);
            case TunnelClose m -> TunnelMessages.encode(m, buffer, header);
            case MtuProbe m -> TunnelMessages.encode(m, buffer, header);
            case MtuProbeAck m -> TunnelMessages.encode(m, buffer, header);
            case CandidateUpdate m -> TunnelMessages.encode(m, buffer, header);
            case CandidateUpdateAck m -> TunnelMessages.encode(m, buffer, header);
        };
    }

    private static ControlMessage decode(
            int templateId, UnsafeBuffer buffer, MessageHeaderDecoder header, FieldReader reader) {
        return switch (templateId) {
            case EnrolRequestDecoder.TEMPLATE_ID ->
                    LoginMessages.enrolRequest(buffer, header, reader);
            case EnrolResponseDecoder.TEMPLATE_ID ->
                    LoginMessages.enrolResponse(buffer, header, reader);
            case LoginRequestDecoder.TEMPLATE_ID ->
                    LoginMessages.loginRequest(buffer, header, reader);
            case LoginResponseDecoder.TEMPLATE_ID ->
                    LoginMessages.loginResponse(buffer, header, reader);
            case RegistrationRequestDecoder.TEMPLATE_ID ->
                    RegistrationMessages.registrationRequest(buffer, header, reader);
            case RegistrationResponseDecoder.TEMPLATE_ID ->
                    RegistrationMessages.registrationResponse(buffer, header, reader);
            case KeepAliveDecoder.TEMPLATE_ID -> RegistrationMessages.keepAlive(buffer, header);
            case KeepAliveAckDecoder.TEMPLATE_ID ->
                    RegistrationMessages.keepAliveAck(buffer, header, reader);
            case FinalizationDecoder.TEMPLATE_ID ->
                    RegistrationMessages.finalization(buffer, header);
            case FinalizationAckDecoder.TEMPLATE_ID ->
                    RegistrationMessages.finalizationAck(buffer, header, reader);
            case RevocationQueryDecoder.TEMPLATE_ID ->
                    RegistrationMessages.revocationQuery(buffer, header);
            case RevocationNoticeDecoder.TEMPLATE_ID ->
                    RegistrationMessages.revocationNotice(buffer, header, reader);
            case DirectionRequestDecoder.TEMPLATE_ID ->
                    DirectionMessages.directionRequest(buffer, header, reader);
            case RouteDirectionToResponderDecoder.TEMPLATE_ID ->
                    DirectionMessages.toResponder(buffer, header, reader);
            case RouteDirectionConfirmationDecoder.TEMPLATE_ID ->
                    DirectionMessages.confirmation(buffer, header, reader);
            case RouteDirectionToInitiatorDecoder.TEMPLATE_ID ->
                    DirectionMessages.toInitiator(buffer, header, reader);
            case TunnelRequestPayloadDecoder.TEMPLATE_ID ->
                    TunnelMessages.tunnelRequestPayload(buffer, header, reader);
            case TunnelResponsePayloadDecoder.TEMPLATE_ID ->
                    TunnelMessages.tunnelResponsePayload(buffer, header, reader);
            case PathProbeDecoder.TEMPLATE_ID -> TunnelMessages.pathProbe(buffer, header);
            case PathProbeAckDecoder.TEMPLATE_ID ->
                    TunnelMessages.pathProbeAck(buffer, header, reader);
            case TunnelCloseDecoder.TEMPLATE_ID ->
                    TunnelMessages.tunnelClose(buffer, header, reader);
            case MtuProbeDecoder.TEMPLATE_ID -> TunnelMessages.mtuProbe(buffer, header);
            case MtuProbeAckDecoder.TEMPLATE_ID -> TunnelMessages.mtuProbeAck(buffer, header);
            case CandidateUpdateDecoder.TEMPLATE_ID ->
                    TunnelMessages.candidateUpdate(buffer, header, reader);
            case CandidateUpdateAckDecoder.TEMPLATE_ID ->
                    TunnelMessages.candidateUpdateAck(buffer, header);
            default -> null;
        };
    }

    /** Length of the names and byte strings of a message in bytes; names are ASCII. */
    private static int dataLength(ControlMessage message) {
        return switch (message) {
            case EnrolRequest m -> m.secret().length + m.certificateRequest().length;
            case EnrolResponse m -> m.fqdn().length() + m.zone().length() + m.certificate().length;
            case LoginRequest m -> m.certificateRequest().length;
            case LoginResponse m -> m.commonKey().length + m.certificate().length;
            case DirectionRequest m -> m.fqdn().length();
            case RouteDirectionToResponder m -> m.fqdn().length() + m.sealedState().length;
            case RouteDirectionConfirmation m -> m.sealedState().length;
            case RouteDirectionToInitiator m -> m.fqdn().length() + m.certificate().length;
            case TunnelRequestPayload m -> m.certificate().length;
            default -> 0;
        };
    }
}
