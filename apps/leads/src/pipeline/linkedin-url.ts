import { LEAD_LINKEDIN_MAX } from '@leadwire/contracts';

/** Scheme and country subdomain are optional in what people paste; query, fragment and the last slash say nothing. */
const LINKEDIN = /^(?:https?:\/\/)?(?:[a-z0-9-]+\.){0,2}linkedin\.com\/([^\s?#]+?)\/*(?:[?#]\S*)?$/i;

/**
 * The one spelling in which a LinkedIn address is kept: `https://www.linkedin.com/in/jane-doe`.
 * @returns undefined when it is no address of a LinkedIn page
 */
export function normaliseLinkedinUrl(text: string): string | undefined {
  const path = LINKEDIN.exec(text.trim())?.[1];
  if (!path) return undefined;
  const url = `https://www.linkedin.com/${path}`;
  return url.length <= LEAD_LINKEDIN_MAX ? url : undefined;
}
