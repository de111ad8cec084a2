# Save this as .husky/pre-push, or as its first lines, printed by: relsign ci husky (relsign @VERSION@)
# Everybody who pushes runs once: npm install
#
# husky writes .husky/_/pre-push anew at every npm install, so what `relsign hook install` puts there does not stay. These lines
# do, and see every ref of a push. They use up what git says: commands after them that read it find nothing.
relsign hook run pre-push -- "$@" || exit $?
