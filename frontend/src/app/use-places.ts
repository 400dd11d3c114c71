import { useHome } from "@/api/requests/home";
import { useSession } from "@/api/requests/session";

import { type Place, placesFor } from "./navigation";

/** The rail of the signed-in person. */
export function usePlaces(): readonly Place[] {
  const session = useSession();
  const home = useHome();
  const roles = home.data?.projects.flatMap((project) => project.role ?? []) ?? [];
  return placesFor(session.data?.user?.is_admin ?? false, roles);
}
