import { z } from "zod";

/**
 * One place of a value, as a schema describes it. A graph rather than a tree: a schema may hold itself. The items of an array are at
 * the place of the array.
 */
interface Place {
  isSecret: boolean;
  readonly fields: Map<string, Place>;
  /** Fields that the schema does not name: those of a record. */
  readonly rest: Place[];
  /** Other descriptions of the same place: what a wrapper wraps, the branches of a union. */
  readonly same: Place[];
}

/** Where the values of some schemas hold what was marked `.meta({ secret: true })`. */
export interface Secrets {
  readonly root: Places;
  /** Names of secret fields: a note may show a part of a value, and then its places are not those of the schema. */
  readonly names: ReadonlySet<string>;
}

/** All descriptions of one place. Empty where the schemas say nothing. */
export type Places = ReadonlySet<Place>;

/** A schema that makes itself anew each time it is looked into has no end; what lies deeper is taken for secret. */
const SCHEMAS_MAX = 5000;

/** Undefined when the schemas mark nothing, as most do. */
export function findSecrets(schemas: readonly z.ZodType[]): Secrets | undefined {
  const known = new Map<z.core.$ZodType, Place>();
  const names = new Set<string>();

  const toPlace = (schema: z.core.$ZodType): Place => {
    const found = known.get(schema);
    if (found) return found;
    const place: Place = {
      isSecret: known.size >= SCHEMAS_MAX || isMarked(schema),
      fields: new Map(),
      rest: [],
      same: [],
    };
    known.set(schema, place);
    if (!place.isSecret) describe(schema, place);
    return place;
  };

  const describe = (schema: z.core.$ZodType, place: Place): void => {
    const { def } = (schema as z.core.$ZodTypes)._zod;
    switch (def.type) {
      case "object":
        for (const [name, field] of Object.entries(def.shape)) place.fields.set(name, toPlace(field));
        if (def.catchall) place.rest.push(toPlace(def.catchall));
        break;
      case "record":
      case "map":
        place.rest.push(toPlace(def.valueType));
        break;
      case "array":
        place.same.push(toPlace(def.element));
        break;
      case "set":
        place.same.push(toPlace(def.valueType));
        break;
      case "tuple":
        place.same.push(...def.items.map(toPlace), ...(def.rest ? [toPlace(def.rest)] : []));
        break;
      case "union":
        place.same.push(...def.options.map(toPlace));
        break;
      case "intersection":
        place.same.push(toPlace(def.left), toPlace(def.right));
        break;
      case "pipe":
        place.same.push(toPlace(def.in), toPlace(def.out));
        break;
      case "lazy":
        place.same.push(toPlace((schema as z.core.$ZodLazy)._zod.innerType));
        break;
      default:
        // Optional, nullable, default, catch, readonly, promise and the like.
        if ("innerType" in def) place.same.push(toPlace(def.innerType));
    }
  };

  const roots = schemas.map(toPlace);
  for (const { fields } of known.values()) {
    for (const [name, field] of fields) {
      const place = spread([field]);
      // The fields of a record have no names to go by: it is secret as a whole where its place is not known.
      const values = spread([...place].flatMap(({ rest }) => rest));
      if (holdsSecret(place) || holdsSecret(values)) names.add(name);
    }
  }
  return [...known.values()].some(({ isSecret }) => isSecret) ? { root: spread(roots), names } : undefined;
}

function isMarked(schema: z.core.$ZodType): boolean {
  return z.globalRegistry.get(schema as z.ZodType)?.["secret"] === true;
}

/** A place with all its other descriptions. */
function spread(places: Iterable<Place>): Places {
  const all = new Set(places);
  // A set hands out what is added to it meanwhile.
  for (const { same } of all) for (const other of same) all.add(other);
  return all;
}

/** Secret by any of its descriptions: which branch of a union a value took is not looked at. */
export function holdsSecret(places: Places): boolean {
  return [...places].some(({ isSecret }) => isSecret);
}

/** The place of a field. */
export function enter(places: Places, name: string): Places {
  return spread([...places].flatMap(({ fields, rest }) => fields.get(name) ?? rest));
}

/** Whether a field is secret: by its place where the schemas describe that, by its name where they do not. */
export function isSecretField(secrets: Secrets, place: Places, name: string): boolean {
  return place.size > 0 ? holdsSecret(place) : secrets.names.has(name);
}
