import type { Channel, HeaderFields } from 'rabbitmq-client';

/** What rabbitmq-client 5.0.8 calls when a message's properties arrived and its body has not yet. */
interface HeaderReceiver {
  _onHeader(frame: { readonly fields: HeaderFields }): void;
}

/**
 * Sees, and may change, the properties of every message a channel receives, in the order of the
 * wire. The client's own events come later than that, and after it dealt with the body.
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
