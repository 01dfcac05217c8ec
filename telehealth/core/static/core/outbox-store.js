// @ts-check
/**
 * What was typed without a connection, kept in this browser (IndexedDB) until the server has it.
 *
 * Every entry carries its owner, a word the server derives from the account: another account on the
 * same phone neither sees nor sends it.
 */

/**
 * @typedef {object} Entry
 * @property {string} key the form's own idempotency key: sending twice adds nothing twice
 * @property {string} owner
 * @property {string} action address of the form, with the person acted for in it
 * @property {[string, string | Blob][]} fields as the form would have sent them
 * @property {string} title what it is, for the list
 * @property {number} at when it was kept, milliseconds since 1970
 * @property {"waiting" | "refused"} state
 * @property {string} [problem] why the server refused it
 */

/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("outbox", 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("entries", { keyPath: "key" }).createIndex("owner", "owner");
      asked.result.createObjectStore("signed-in");
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  return opened;
}

/**
 * @template T
 * @param {"entries" | "signed-in"} store
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} deed
 * @returns {Promise<T>} after the transaction is on disk
 */
async function within(store, mode, deed) {
  const transaction = (await database()).transaction(store, mode, { durability: "strict" });
  const asked = deed(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onabort = () => reject(transaction.error ?? asked.error);
  });
}

/** @param {Entry} entry */
export async function keep(entry) {
  await within("entries", "readwrite", (store) => store.put(entry));
}

/** @param {string} key */
export async function forget(key) {
  await within("entries", "readwrite", (store) => store.delete(key));
}

/**
 * @param {string} owner
 * @returns {Promise<Entry[]>} oldest first
 */
export async function entriesOf(owner) {
  const found = await within("entries", "readonly", (store) => store.index("owner").getAll(owner));
  return found.sort((/** @type {Entry} */ a, /** @type {Entry} */ b) => a.at - b.at);
}

/**
 * Remember who is signed in here, so that a page without a connection knows for whom it keeps.
 * @param {string} owner
 * @param {string} prefix "" for oneself, "/za/7" for another
 * @param {string} name of the person acted for; empty for oneself
 */
export async function signedIn(owner, prefix, name) {
  const known = await whoIsSignedIn();
  const people = known?.owner === owner ? known.people : {};
  const value = { owner, people: { ...people, [prefix]: name } };
  await within("signed-in", "readwrite", (store) => store.put(value, "here"));
}

/** Nobody is signed in here any more; what waits stays for its owner. */
export async function signedOut() {
  await within("signed-in", "readwrite", (store) => store.clear());
}

/** @returns {Promise<{owner: string, people: Record<string, string>} | undefined>} */
export async function whoIsSignedIn() {
  return within("signed-in", "readonly", (store) => store.get("here"));
}
