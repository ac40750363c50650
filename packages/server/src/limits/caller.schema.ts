import { z } from "zod";

/**
 * Whose allowance it is: `user:<id>`, `key:<id>` or `address:<ip>`. Of an IPv6 address any address of its /64, or the network itself as
 * lists show it (`address:2001:db8:1:2::/64`). Another shape is 400.
 */
export const callerSchema = z
  .string()
  .max(120)
  .regex(/^(user|key|address):[\w.:/-]+$/, "Name a caller as user:<id>, key:<id> or address:<ip>.");

/** E-mail address of a person, name of an API key; null for an address, and for whoever is gone. */
export const callerLabelSchema = z.string().nullable();
