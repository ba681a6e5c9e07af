/**
 * The custom element `<one-count>`: importing this defines it.
 * @module
 */

import { OneCount } from './one-count'

export { OneCount } from './one-count'

// Imported by two bundles of a page, or on a server.
if (globalThis.customElements && !customElements.get('one-count'))
  customElements.define('one-count', OneCount)
