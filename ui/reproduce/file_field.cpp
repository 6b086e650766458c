#include "ui/reproduce/file_field.h"

#include "ui/theme/theme.h"

#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QToolButton>

namespace lora::ui {

FileField::FileField(Kind kind, QWidget* parent)
    : QWidget(parent)
    , m_kind(kind)
    , m_path(new QLineEdit(this))
    , m_browse(new QToolButton(this))
{
    m_path->setClearButtonEnabled(true);
    m_browse->setText(tr("Browse…"));
    m_browse->setFocusPolicy(Qt::StrongFocus);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid / 2);
    layout->addWidget(m_path, 1);
    layout->addWidget(m_browse);
    setFocusProxy(m_path);
    connect(m_path, &QLineEdit::textChanged, this, &FileField::changed);
    connect(m_browse, &QToolButton::clicked, this, &FileField::browse);
}

void FileField::setPlaceholder(const QString& text)
{
    m_path->setPlaceholderText(text);
}

void FileField::setNames(const QString& name, const QString& title)
{
    m_title = title;
    m_path->setAccessibleName(name);
    m_browse->setAccessibleName(tr("Browse for %1").arg(name));
    m_browse->setToolTip(title);
}

QString FileField::path() const
{
    return m_path->text().trimmed();
}

void FileField::setPath(const QString& path)
{
    m_path->setText(path);
}

QWidget* FileField::tabAfter(QWidget* previous)
{
    if (previous)
        setTabOrder(previous, m_path);
    setTabOrder(m_path, m_browse);
    return m_browse;
}

void FileField::browse()
{
    const QString start = QFileInfo(path()).path();
    const QString found =
        m_kind == Kind::Folder
            ? QFileDialog::getExistingDirectory(this, m_title, start)
            : QFileDialog::getOpenFileName(this, m_title, start,
                                           tr("Data (*.csv *.tsv *.json *.jsonl *.txt);;All files (*)"));
    if (!found.isEmpty())
        setPath(found);
}

} // namespace lora::ui
