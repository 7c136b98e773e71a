/** Says that trying again will not help: the recipient does not exist, the message is not wanted. */
export class DeliveryRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DeliveryRefused';
  }
}
