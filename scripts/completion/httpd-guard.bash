# bash completion for httpd-guard; test/commands/documented.test.ts compares it with the program.

_httpd_guard() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} words
  COMPREPLY=()
  case $before in
    --unit)
      words=$(systemctl list-unit-files --no-legend --no-pager --type=service 'httpd*' 'apache2*' 2>/dev/null | awk '{ print $1 }')
      ;;
    --config | --output)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
      return
      ;;
    --format) words='text json nagios prometheus' ;;
    --set) words=$(awk 'NR > 1 { print $2 }' /proc/sysvipc/sem 2>/dev/null) ;;
    --since) words='today yesterday' ;;
    --warn | --crit | --shm-key | --raise) return ;;
    *)
      words='--help --version'
      case $command in
        check) words+=' --unit --config --json --quiet --verbose --format --explain --warn --crit --output' ;;
        status) words+=' --unit --config --json --quiet' ;;
        clean) words+=' --unit --config --json --quiet --verbose --dry-run --set --shm-key' ;;
        pre-start) words+=' --unit --config --json --quiet --strict' ;;
        post-stop) words+=' --unit --config --json --quiet' ;;
        diagnose) words+=' --unit --config --json --quiet' ;;
        recover) words+=' --unit --config --json --quiet --dry-run --requested' ;;
        history) words+=' --unit --config --json --quiet --verbose --since' ;;
        config) words+=' --unit --config --json' ;;
        limits) words+=' --unit --config --json --quiet --verbose --dry-run --raise' ;;
        watch) words+=' --json --quiet' ;;
        install) words+=' --unit --config --json --quiet --dry-run' ;;
        uninstall) words+=' --unit --json --quiet --dry-run' ;;
      esac
      if ((COMP_CWORD == 1)); then
        words='check status clean pre-start post-stop diagnose recover history config limits watch install uninstall --help --version'
      fi
      ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _httpd_guard httpd-guard
