// The token of this tab: both pages keep it in the tab's session storage, so that it ends with the tab.

const KEY = "token";

/** The token that was entered in this tab; null where there is none. */
export const token = () => sessionStorage.getItem(KEY);

export const keepToken = (entered) => sessionStorage.setItem(KEY, entered);

export const forgetToken = () => sessionStorage.removeItem(KEY);

/** What is wrong with a text that was entered as a token; null where it may be one. */
export function tokenFault(entered) {
  if (!entered) return "Enter a token.";
  if (!/^[\x21-\x7e]+$/.test(entered)) return "A token has no spaces, and only letters, digits and signs of ASCII.";
  return null;
}
