# Lists, for modules named on standard input as "name path", the files that the installed Ansible sends for each.
import io
import sys
import zipfile

from ansible.executor import module_common
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder

_AnsibleCollectionFinder(paths=sys.argv[1:])._install()
for line in sys.stdin:
    name, path = line.split()
    with open(path, 'rb') as f:
        data = f.read()
    fqn = module_common._get_ansible_module_fqn(path)
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w') as z:
        module_common.recursive_finder(name, fqn, data, z)
        module_common._add_module_to_zip(z, fqn, data)
    with zipfile.ZipFile(out) as z:
        print(name, *sorted(set(z.namelist())))
