package io.cyphonic.signaling.protocol;

import static java.lang.Byte.toUnsignedInt;

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

/**
 * Checks the lengths in an encoded message before any of it is read: root block, then the one list
 * a message may have, then its byte strings. A message that passes can be read by the generated
 * decoders without leaving the buffer, so their bounds checks are not what keeps a hostile message
 * harmless (they are gone when a process runs with Agrona's bounds checks off).
 *
 * @param blockLength shortest root block in bytes
 * @param maxEntries longest list; 0 if the message has none
 * @param entryLength shortest list entry in bytes
 * @param dataCount number of byte strings at the end in version 0
 * @param addedDataCount number of byte strings behind those since version 1
 * @param addedBlockLength what version 2 added to the root block
 */
record MessageStructure(
        int blockLength,
        int maxEntries,
        int entryLength,
        int dataCount,
        int addedDataCount,
        int addedBlockLength) {
    private static final int TEMPLATE_FIELD_OFFSET = 2;
    private static final int SCHEMA_FIELD_OFFSET = 4;
    private static final int VERSION_FIELD_OFFSET = 6;
    private static final int GROUP_HEADER_LENGTH = 3;
    private static final int DATA_HEADER_LENGTH = 2;

    private static final int ENDPOINT_LENGTH = 18;
    private static final int CANDIDATE_LENGTH = 19;
    private static final int ID_LENGTH = 16;
    private static final int PROOF_LENGTH = 8;

    /** The template id of a message that is complete and within all limits, or -1. */
    static int checkedTemplateId(byte[] buffer, int offset, int length) {
        if (offset < 0 || length < 0 || length > buffer.length - offset) {
            return -1;
        }
        if (length < MessageHeaderDecoder.ENCODED_LENGTH
                || unsignedShort(buffer, offset + SCHEMA_FIELD_OFFSET)
                        != MessageHeaderDecoder.SCHEMA_ID) {
            return -1;
        }
        int templateId = unsignedShort(buffer, offset + TEMPLATE_FIELD_OFFSET);
        MessageStructure structure = ofTemplate(templateId);
        return structure != null && structure.matches(buffer, offset, offset + length)
                ? templateId
                : -1;
    }

    private boolean matches(byte[] buffer, int offset, int end) {
        int actualBlockLength = unsignedShort(buffer, offset);
        int position = offset + MessageHeaderDecoder.ENCODED_LENGTH + actualBlockLength;
        int version = unsignedShort(buffer, offset + VERSION_FIELD_OFFSET);
        int shortest = version > 1 ? blockLength + addedBlockLength : blockLength;
        if (actualBlockLength < shortest || position > end) {
            return false;
        }
        if (maxEntries > 0) {
            if (end - position < GROUP_HEADER_LENGTH) {
                return false;
            }
            int actualEntryLength = unsignedShort(buffer, position);
            int count = toUnsignedInt(buffer[position + 2]);
            position += GROUP_HEADER_LENGTH + count * actualEntryLength;
            if (count > maxEntries || actualEntryLength < entryLength || position > end) {
                return false;
            }
        }
        // A message of version 0 lacks what version 1 added; the decoders know that too.
        int expectedDataCount = version > 0 ? dataCount + addedDataCount : dataCount;
        for (int i = 0; i < expectedDataCount; i++) {
            if (end - position < DATA_HEADER_LENGTH) {
                return false;
            }
            int dataLength = unsignedShort(buffer, position);
            position += DATA_HEADER_LENGTH + dataLength;
            if (dataLength > ControlMessageCodec.MAX_DATA_LENGTH || position > end) {
                return false;
            }
        }
        return true;
    }

    private static int unsignedShort(byte[] buffer, int offset) {
        return toUnsignedInt(buffer[offset]) << 8 | toUnsignedInt(buffer[offset + 1]);
    }

    private static MessageStructure ofTemplate(int templateId) {
        return switch (templateId) {
            case EnrolRequestDecoder.TEMPLATE_ID -> block(EnrolRequestDecoder.BLOCK_LENGTH, 2);
            case EnrolResponseDecoder.TEMPLATE_ID -> block(EnrolResponseDecoder.BLOCK_LENGTH, 3);
            case LoginRequestDecoder.TEMPLATE_ID -> block(LoginRequestDecoder.BLOCK_LENGTH, 1);
            case LoginResponseDecoder.TEMPLATE_ID ->
                    list(LoginResponseDecoder.BLOCK_LENGTH, ENDPOINT_LENGTH, 2, 1);
            case RegistrationRequestDecoder.TEMPLATE_ID ->
                    new MessageStructure(
                            RegistrationRequestDecoder.BLOCK_LENGTH
                                    - ENDPOINT_LENGTH
                                    - PROOF_LENGTH,
                            ControlMessageCodec.MAX_REGISTERED_CANDIDATES,
                            CANDIDATE_LENGTH,
                            0,
                            1,
                            ENDPOINT_LENGTH + PROOF_LENGTH);
            case RegistrationResponseDecoder.TEMPLATE_ID ->
                    new MessageStructure(
                            RegistrationResponseDecoder.BLOCK_LENGTH - PROOF_LENGTH,
                            0,
                            0,
                            0,
                            0,
                            PROOF_LENGTH);
            case KeepAliveDecoder.TEMPLATE_ID -> block(KeepAliveDecoder.BLOCK_LENGTH, 0);
            case KeepAliveAckDecoder.TEMPLATE_ID -> block(KeepAliveAckDecoder.BLOCK_LENGTH, 0);
            case DirectionRequestDecoder.TEMPLATE_ID ->
                    block(DirectionRequestDecoder.BLOCK_LENGTH, 1);
            case RouteDirectionToResponderDecoder.TEMPLATE_ID ->
                    list(RouteDirectionToResponderDecoder.BLOCK_LENGTH, CANDIDATE_LENGTH, 2, 1);
            case RouteDirectionConfirmationDecoder.TEMPLATE_ID ->
                    block(RouteDirectionConfirmationDecoder.BLOCK_LENGTH, 1);
            case RouteDirectionToInitiatorDecoder.TEMPLATE_ID ->
                    list(RouteDirectionToInitiatorDecoder.BLOCK_LENGTH, CANDIDATE_LENGTH, 2, 1);
            case FinalizationDecoder.TEMPLATE_ID -> block(FinalizationDecoder.BLOCK_LENGTH, 0);
            case FinalizationAckDecoder.TEMPLATE_ID ->
                    block(FinalizationAckDecoder.BLOCK_LENGTH, 0);
            case RevocationQueryDecoder.TEMPLATE_ID ->
                    block(RevocationQueryDecoder.BLOCK_LENGTH, 0);
            case RevocationNoticeDecoder.TEMPLATE_ID ->
                    list(RevocationNoticeDecoder.BLOCK_LENGTH, ID_LENGTH, 0, 0);
            case TunnelRequestPayloadDecoder.TEMPLATE_ID ->
                    block(TunnelRequestPayloadDecoder.BLOCK_LENGTH, 1);
            case TunnelResponsePayloadDecoder.TEMPLATE_ID ->
                    block(TunnelResponsePayloadDecoder.BLOCK_LENGTH, 0);
            case PathProbeDecoder.TEMPLATE_ID -> block(PathProbeDecoder.BLOCK_LENGTH, 0);
            case PathProbeAckDecoder.TEMPLATE_ID -> block(PathProbeAckDecoder.BLOCK_LENGTH, 0);
            case TunnelCloseDecoder.TEMPLATE_ID -> block(TunnelCloseDecoder.BLOCK_LENGTH, 0);
            case MtuProbeDecoder.TEMPLATE_ID -> block(MtuProbeDecoder.BLOCK_LENGTH, 0);
            case MtuProbeAckDecoder.TEMPLATE_ID -> block(MtuProbeAckDecoder.BLOCK_LENGTH, 0);
            case CandidateUpdateDecoder.TEMPLATE_ID ->
                    list(CandidateUpdateDecoder.BLOCK_LENGTH, CANDIDATE_LENGTH, 0, 0);
            case CandidateUpdateAckDecoder.TEMPLATE_ID ->
                    block(CandidateUpdateAckDecoder.BLOCK_LENGTH, 0);
            default -> null;
        };
    }

    private static MessageStructure block(int blockLength, int dataCount) {
        return new MessageStructure(blockLength, 0, 0, dataCount, 0, 0);
    }

    private static MessageStructure list(
            int blockLength, int entryLength, int dataCount, int addedDataCount) {
        return new MessageStructure(
                blockLength,
                ControlMessageCodec.MAX_LIST_LENGTH,
                entryLength,
                dataCount,
                addedDataCount,
                0);
    }
}
