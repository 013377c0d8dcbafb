import type { Channel, HeaderFields } from 'rabbitmq-client';

/** The method that rabbitmq-client 5.0.8 calls when a message's properties have arrived, before its body. */
interface HeaderReceiver {
  _onHeader(frame: { readonly fields: HeaderFields }): void;
}

/**
 * Calls a listener with the properties of every message that a channel receives, in the order in which
 * they arrive. The listener may change them. The client emits its own events later, after the body.
 */
export function onMessageHeader(channel: Channel, listener: (fields: HeaderFields) => void): void {
  // An internal of the client: the tests of ConfirmChannel and DeadLetters fail if it changes.
  const receiver = channel as unknown as HeaderReceiver;
  const receive = receiver._onHeader.bind(channel);
  receiver._onHeader = (frame) => {
    listener(frame.fields);
    receive(frame);
  };
}
