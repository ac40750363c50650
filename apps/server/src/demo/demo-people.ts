const FIRST = [
  "Ada",
  "Aiko",
  "Amara",
  "Anton",
  "Beatriz",
  "Chen",
  "Clara",
  "Dario",
  "Elif",
  "Emil",
  "Farah",
  "Femi",
  "Gen",
  "Hanna",
  "Ines",
  "Ivan",
  "Jonas",
  "Kunle",
  "Lena",
  "Linh",
  "Maya",
  "Mei",
  "Nadia",
  "Noor",
  "Omar",
  "Priya",
  "Rita",
  "Sora",
  "Tomás",
  "Wei",
];
const LAST = [
  "Abe",
  "Adeyemi",
  "Brandt",
  "Costa",
  "Dubois",
  "Eriksen",
  "Fischer",
  "Gruber",
  "Haddad",
  "Ito",
  "Jansen",
  "Kaya",
  "Lindqvist",
  "Moreau",
  "Nair",
  "Okafor",
  "Petrov",
  "Quispe",
  "Rivera",
  "Silva",
  "Tanaka",
  "Ueda",
  "Vargas",
  "Ward",
  "Xu",
  "Yilmaz",
  "Zhang",
];
const HOSTS = ["acme", "northwind", "lumen", "kestrel", "aster"];

export interface Person {
  readonly email: string;
  readonly name: string;
  readonly role: "viewer" | "operator" | "admin";
}

/** The same people on every machine: each combination of names once, then again with a number. */
export function toPeople(count: number): Person[] {
  return Array.from({ length: count }, (_, index) => {
    const first = FIRST[index % FIRST.length] ?? "";
    const last = LAST[Math.floor(index / FIRST.length) % LAST.length] ?? "";
    const round = Math.floor(index / (FIRST.length * LAST.length));
    const mailbox = `${first}.${last}`
      .normalize("NFD")
      .replaceAll(/[^A-Za-z.]/g, "")
      .toLowerCase();
    const host = HOSTS[(index * 7) % HOSTS.length] ?? "";
    return {
      email: `${mailbox}${round === 0 ? "" : round + 1}@${host}.example`,
      name: `${first} ${last}`,
      role: index % 97 === 0 ? "admin" : index % 23 === 0 ? "operator" : "viewer",
    };
  });
}
